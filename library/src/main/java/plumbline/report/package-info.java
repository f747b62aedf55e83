/** A run directory as one self-contained HTML page. */
package plumbline.report;
