package plumbline.distributed;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Plain data as bytes and back: numbers, texts, arrays, lists, maps and records of such.
 *
 * <p>Both sides know the type. The bytes name no class, so that whoever sends them cannot choose
 * what is made of them.
 */
final class Wire {
  private Wire() {}

  /** The bytes of {@code value}, which is a {@code type}. */
  static byte[] bytes(Type type, Object value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      write(type, value, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** What {@link #bytes} were made of. */
  static Object value(Type type, byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      Object value = read(type, in);
      if (in.read() >= 0) {
        throw new IllegalStateException("bytes are left behind a " + type.getTypeName());
      }
      return value;
    } catch (IOException e) {
      throw new IllegalStateException("these bytes are no " + type.getTypeName(), e);
    }
  }

  private static void write(Type type, Object value, DataOutputStream out) throws IOException {
    if (type == int.class || type == Integer.class) {
      out.writeInt((Integer) value);
    } else if (type == long.class || type == Long.class) {
      out.writeLong((Long) value);
    } else if (type == double.class || type == Double.class) {
      out.writeDouble((Double) value);
    } else if (type == float.class || type == Float.class) {
      out.writeFloat((Float) value);
    } else if (type == boolean.class || type == Boolean.class) {
      out.writeBoolean((Boolean) value);
    } else if (type == String.class) {
      byte[] text = ((String) value).getBytes(StandardCharsets.UTF_8);
      out.writeInt(text.length);
      out.write(text);
    } else if (type == byte[].class) {
      out.writeInt(((byte[]) value).length);
      out.write((byte[]) value);
    } else if (type instanceof Class<?> array && array.isArray()) {
      int length = Array.getLength(value);
      out.writeInt(length);
      for (int i = 0; i < length; i++) {
        write(array.getComponentType(), Array.get(value, i), out);
      }
    } else if (type instanceof Class<?> plain && plain.isRecord()) {
      for (RecordComponent component : plain.getRecordComponents()) {
        write(component.getGenericType(), component(component, value), out);
      }
    } else if (type instanceof ParameterizedType of && of.getRawType() == List.class) {
      List<?> list = (List<?>) value;
      out.writeInt(list.size());
      for (Object item : list) {
        write(of.getActualTypeArguments()[0], item, out);
      }
    } else if (type instanceof ParameterizedType of && of.getRawType() == Map.class) {
      Map<?, ?> map = (Map<?, ?>) value;
      out.writeInt(map.size());
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        write(of.getActualTypeArguments()[0], entry.getKey(), out);
        write(of.getActualTypeArguments()[1], entry.getValue(), out);
      }
    } else {
      throw notPlain(type);
    }
  }

  private static Object read(Type type, DataInputStream in) throws IOException {
    if (type == int.class || type == Integer.class) {
      return in.readInt();
    } else if (type == long.class || type == Long.class) {
      return in.readLong();
    } else if (type == double.class || type == Double.class) {
      return in.readDouble();
    } else if (type == float.class || type == Float.class) {
      return in.readFloat();
    } else if (type == boolean.class || type == Boolean.class) {
      return in.readBoolean();
    } else if (type == String.class) {
      return new String(in.readNBytes(length(in)), StandardCharsets.UTF_8);
    } else if (type == byte[].class) {
      return in.readNBytes(length(in));
    } else if (type instanceof Class<?> array && array.isArray()) {
      Object values = Array.newInstance(array.getComponentType(), length(in));
      for (int i = 0; i < Array.getLength(values); i++) {
        Array.set(values, i, read(array.getComponentType(), in));
      }
      return values;
    } else if (type instanceof Class<?> plain && plain.isRecord()) {
      return readRecord(plain, in);
    } else if (type instanceof ParameterizedType of && of.getRawType() == List.class) {
      List<Object> list = new ArrayList<>();
      for (int left = length(in); left > 0; left--) {
        list.add(read(of.getActualTypeArguments()[0], in));
      }
      return list;
    } else if (type instanceof ParameterizedType of && of.getRawType() == Map.class) {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int left = length(in); left > 0; left--) {
        Object key = read(of.getActualTypeArguments()[0], in);
        map.put(key, read(of.getActualTypeArguments()[1], in));
      }
      return map;
    }
    throw notPlain(type);
  }

  /** A length is no larger than what follows: an element has a byte at least. */
  private static int length(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > in.available()) {
      throw new IOException("a length of " + length + " with " + in.available() + " bytes left");
    }
    return length;
  }

  private static Object readRecord(Class<?> type, DataInputStream in) throws IOException {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = read(components[i].getGenericType(), in);
    }
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new IOException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object component(RecordComponent component, Object of) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(of);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static IllegalArgumentException notPlain(Type type) {
    return new IllegalArgumentException(
        type.getTypeName()
            + " is not plain data: wanted numbers, texts, arrays, lists, maps and records of them");
  }
}
