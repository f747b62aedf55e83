/** Supervised fine-tuning: imitating demonstrations. */
package plumbline.sft;
