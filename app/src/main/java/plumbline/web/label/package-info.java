/** The labelling app: pages on which people rank, rate and compare, and those of who runs it. */
package plumbline.web.label;
