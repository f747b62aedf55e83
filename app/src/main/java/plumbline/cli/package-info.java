/** The {@code plumbline} command: one class per subcommand. */
package plumbline.cli;
