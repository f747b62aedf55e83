/**
 * The records that every other package speaks in, the codecs of data files, and the built-in world.
 */
package plumbline.data;
