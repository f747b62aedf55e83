/** The database of the labelling app: who may work, what is asked, handed out and answered. */
package plumbline.annotation.store;
