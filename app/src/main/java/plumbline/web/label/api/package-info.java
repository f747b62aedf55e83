/** The labelling app for programs: a REST API, its OpenAPI document, and webhooks. */
package plumbline.web.label.api;
