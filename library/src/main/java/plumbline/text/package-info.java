/** Text to token ids and back: tokenizers, their training, chat templates, truncation rules. */
package plumbline.text;
