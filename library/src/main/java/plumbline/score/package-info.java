/** Scorers: (prompt, response) to score, with combiners and shapers. */
package plumbline.score;
