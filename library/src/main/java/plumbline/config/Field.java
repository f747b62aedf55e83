package plumbline.config;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One component of a configuration record.
 *
 * @param name the YAML key, in snake_case
 * @param type the component's type, with its parameters
 * @param key default, range and meaning
 * @param component where it was declared
 */
record Field(String name, Type type, Key key, RecordComponent component) {
  /** The keys of a configuration record, in the order of its components. */
  static List<Field> of(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    if (components == null) {
      throw new IllegalArgumentException(type.getName() + " is not a record");
    }
    return Arrays.stream(components).map(component -> of(type, component)).toList();
  }

  private static Field of(Class<?> owner, RecordComponent component) {
    Key key = component.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalArgumentException(
          owner.getName() + "." + component.getName() + " has no @Key annotation");
    }
    return new Field(snakeCase(component.getName()), component.getGenericType(), key, component);
  }

  /** {@code promptsPerUpdate} to {@code prompts_per_update}, {@code useGAE} to {@code use_gae}. */
  static String snakeCase(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
        .replaceAll("([A-Z])([A-Z][a-z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }

  /** How an enum's constant is written in YAML. */
  static String label(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }

  boolean hasDefault() {
    return !key.def().equals(Key.REQUIRED);
  }

  boolean isRequired() {
    return !hasDefault() && !isOptional() && !isRecord();
  }

  boolean isRecord() {
    return type instanceof Class<?> raw && raw.isRecord();
  }

  boolean isOptional() {
    Class<?> raw = raw(type);
    return raw == Optional.class
        || raw == OptionalInt.class
        || raw == OptionalLong.class
        || raw == OptionalDouble.class;
  }

  Object valueIn(Record owner) {
    try {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(owner);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  static Class<?> raw(Type type) {
    return (Class<?>) (type instanceof ParameterizedType generic ? generic.getRawType() : type);
  }

  /** The n-th type parameter: {@code Double} of {@code List<Double>}. */
  static Type parameter(Type type, int n) {
    if (type instanceof ParameterizedType generic) {
      return generic.getActualTypeArguments()[n];
    }
    throw new IllegalArgumentException(type + " has no type parameter");
  }
}
