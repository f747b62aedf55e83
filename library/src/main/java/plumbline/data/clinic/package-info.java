/**
 * The clinic: a seeded, invented world of doctor-patient dialogues with a known quality of every
 * reply. It is the data of the quickstart and the yardstick of every method; none of it is medical
 * advice.
 */
package plumbline.data.clinic;
