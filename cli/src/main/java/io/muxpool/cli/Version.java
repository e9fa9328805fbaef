package io.muxpool.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the jar was packaged with. */
public final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {"muxpool " + (version == null ? "(not packaged)" : version)};
    }
}
