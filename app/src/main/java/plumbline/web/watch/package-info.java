/** A run's live curves in the browser. */
package plumbline.web.watch;
