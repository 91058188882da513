package gantry.network.dns;

/// Types of records, by their numbers (RFC 1035, 3.2.2 and IANA's registry).
final class RecordType {
  static final int A = 1;
  static final int PTR = 12;
  static final int AAAA = 28;
  static final int OPT = 41;
  static final int ANY = 255;

  private RecordType() {}
}
