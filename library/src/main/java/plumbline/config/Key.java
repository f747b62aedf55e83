package plumbline.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * One key of a configuration record: its default, its range and its meaning.
 *
 * <p>The YAML key is the component's name in snake_case. This annotation is the only place where a
 * default is written down; the binder, the JSON schema and the documentation's tables read it here.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
  /** Stands for "no default": the key is required unless its type is optional or a record. */
  String REQUIRED = "\0required";

  /**
   * The value of an absent key, as it would be written in YAML ({@code "0.2"}, {@code "separate"},
   * {@code "[1, 2]"}); for texts and paths the text itself. The empty text means empty: no value
   * for an optional, no elements for a list, map or tree.
   */
  String def() default REQUIRED;

  /** Smallest number allowed; applies to the elements of lists, maps and optionals too. */
  double min() default Double.NEGATIVE_INFINITY;

  /** Largest number allowed; applies to the elements of lists, maps and optionals too. */
  double max() default Double.POSITIVE_INFINITY;

  /** What the key means: one phrase for the documentation. */
  String doc() default "";

  /** What the number counts or measures, {@code tokens} for example; empty if it has no unit. */
  String unit() default "";

  /** Where the default is from: a publication, or a library that has the same one. */
  String source() default "";

  /**
   * Of a {@link ConfigTree}, or of lists and optionals of one, the form that it is checked against
   * later, {@code score} for example: what {@link SchemaWriter} knows under that name.
   */
  String form() default "";

  /** Of a record: its keys stand beside the others, and it has no key of its own. */
  boolean flat() default false;
}
