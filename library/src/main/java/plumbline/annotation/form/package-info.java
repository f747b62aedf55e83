/** What people are asked, what they answer, and what their answers become. */
package plumbline.annotation.form;
