/** RLHF for the JVM: what every package of Plumbline shares. */
package plumbline;
