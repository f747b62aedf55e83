/** Language models: architectures, heads, checkpoints, generation. */
package plumbline.model;
