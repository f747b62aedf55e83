package plumbline.config;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * One key of a configuration record.
 *
 * @param name the YAML key, in snake_case
 * @param type the component's type, with its parameters
 * @param key default, range and meaning
 * @param components where it was declared; those of flat records come before it
 */
record Field(String name, Type type, Key key, List<RecordComponent> components) {
  /** The keys of a configuration record, those of flat records among them, in their order. */
  static List<Field> of(Class<?> type) {
    return declared(type).stream().flatMap(Field::flattened).toList();
  }

  /** One field for each component of a record. */
  static List<Field> declared(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    if (components == null) {
      throw new IllegalArgumentException(type.getName() + " is not a record");
    }
    return Arrays.stream(components).map(component -> of(type, component)).toList();
  }

  private Stream<Field> flattened() {
    return key.flat() ? of(raw(type)).stream().map(this::holding) : Stream.of(this);
  }

  private Field holding(Field inner) {
    List<RecordComponent> all = new ArrayList<>(components);
    all.addAll(inner.components);
    return new Field(inner.name, inner.type, inner.key, List.copyOf(all));
  }

  private static Field of(Class<?> owner, RecordComponent component) {
    Key key = component.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalArgumentException(
          owner.getName() + "." + component.getName() + " has no @Key annotation");
    }
    return new Field(
        snakeCase(component.getName()), component.getGenericType(), key, List.of(component));
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
    Object value = owner;
    for (RecordComponent component : components) {
      try {
        Method accessor = component.getAccessor();
        accessor.setAccessible(true);
        value = accessor.invoke(value);
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException("cannot read " + component, e);
      }
    }
    return value;
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
