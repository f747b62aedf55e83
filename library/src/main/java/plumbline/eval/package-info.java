/** Statistics that say how sure a result is: intervals, win rates, diversity. */
package plumbline.eval;
