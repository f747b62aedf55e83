/**
 * What the web servers share: passwords, tokens, limits, headers, files of script and style, TLS.
 */
package plumbline.web;
