package plumbline.pipeline;

import java.util.OptionalDouble;

/**
 * How long a stage will take, estimated.
 *
 * @param stage the stage's name
 * @param kind the stage's kind
 * @param operations floating-point operations, of rows as long as the limits allow
 * @param seconds on this machine; empty where the number of rows cannot be told before
 */
public record StageTime(String stage, String kind, double operations, OptionalDouble seconds) {}
