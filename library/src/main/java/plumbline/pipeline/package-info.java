/**
 * Stages that follow one another: data, model, fine-tuning, reward model, alignment, evaluation.
 */
package plumbline.pipeline;
