/** Configuration: YAML text bound to records, with every mistake reported by file and line. */
package plumbline.config;
