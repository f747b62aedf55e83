package plumbline.bench;

/**
 * What a workload took and what it did.
 *
 * @param laps its repeats
 * @param units done in each repeat: tokens, samples or pairs
 * @param work the least that each repeat must compute
 * @param parameters weights of the model
 */
record Measured(Laps laps, double units, Work work, long parameters) {}
