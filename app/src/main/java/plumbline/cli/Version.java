package plumbline.cli;

import picocli.CommandLine.IVersionProvider;

/** The version, from the jar that this class was loaded from. */
final class Version implements IVersionProvider {
  static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"plumbline " + text()};
  }
}
