package plumbline.cli;

import picocli.CommandLine.Command;

/** What people said; the work is done by its subcommands. */
@Command(
    name = "label",
    description = "People label: the app, what goes in and out, votes merged, agreement.",
    subcommands = {
      LabelServeCommand.class,
      LabelCreateCommand.class,
      LabelImportCommand.class,
      LabelExportCommand.class,
      LabelMergeCommand.class,
      LabelAgreementCommand.class
    })
final class LabelCommand {}
