package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/// One container's `config.json`: what to run, in what, with which limits.
///
/// Spec: runtime-spec 1.2, `config.md` and `config-linux.md`.
///
/// @param ociVersion version of the spec, e.g. `1.2.0`
/// @param hostname empty to keep the UTS namespace's name
/// @param domainname NIS domain name, empty to keep it
/// @param mounts in the order in which they are mounted
/// @param hooks programs of the host that are run on the way, by when: `createContainer`
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RuntimeSpec(
    String ociVersion,
    ProcessSpec process,
    Root root,
    String hostname,
    String domainname,
    List<Mount> mounts,
    LinuxSpec linux,
    Map<String, String> annotations,
    Map<String, List<Hook>> hooks) {

  /// The version that Gantry writes: an old one, because runtimes refuse a version newer than they
  /// are, whatever the document uses of it.
  public static final String VERSION = "1.0.2";

  @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
  public RuntimeSpec {
    ociVersion = ociVersion == null ? VERSION : ociVersion;
    process = process == null ? ProcessSpec.EMPTY : process;
    root = root == null ? Root.NONE : root;
    hostname = hostname == null ? "" : hostname;
    domainname = domainname == null ? "" : domainname;
    mounts = Immutable.list(mounts);
    linux = linux == null ? LinuxSpec.EMPTY : linux;
    annotations = Immutable.map(annotations);
    hooks = Immutable.map(hooks);
  }

  public RuntimeSpec withProcess(ProcessSpec changed) {
    return new RuntimeSpec(
        ociVersion, changed, root, hostname, domainname, mounts, linux, annotations, hooks);
  }

  public RuntimeSpec withRoot(Root changed) {
    return new RuntimeSpec(
        ociVersion, process, changed, hostname, domainname, mounts, linux, annotations, hooks);
  }

  public RuntimeSpec withHostname(String changed) {
    return new RuntimeSpec(
        ociVersion, process, root, changed, domainname, mounts, linux, annotations, hooks);
  }

  public RuntimeSpec withDomainname(String changed) {
    return new RuntimeSpec(
        ociVersion, process, root, hostname, changed, mounts, linux, annotations, hooks);
  }

  public RuntimeSpec withMounts(List<Mount> changed) {
    return new RuntimeSpec(
        ociVersion, process, root, hostname, domainname, changed, linux, annotations, hooks);
  }

  public RuntimeSpec withLinux(LinuxSpec changed) {
    return new RuntimeSpec(
        ociVersion, process, root, hostname, domainname, mounts, changed, annotations, hooks);
  }

  public RuntimeSpec withAnnotations(Map<String, String> changed) {
    return new RuntimeSpec(
        ociVersion, process, root, hostname, domainname, mounts, linux, changed, hooks);
  }

  public RuntimeSpec withHooks(Map<String, List<Hook>> changed) {
    return new RuntimeSpec(
        ociVersion, process, root, hostname, domainname, mounts, linux, annotations, changed);
  }
}
