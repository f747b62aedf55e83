package plumbline.collect;

import plumbline.data.Prompt;

/**
 * A prompt of the pool.
 *
 * @param id names it in every log
 * @param row its number in the pool, from 0
 */
public record PoolPrompt(String id, long row, Prompt prompt) {}
