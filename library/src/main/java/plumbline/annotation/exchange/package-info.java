/** Items in, votes and what they become out, in the forms that others read and write. */
package plumbline.annotation.exchange;
