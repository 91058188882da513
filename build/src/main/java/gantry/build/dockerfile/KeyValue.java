package gantry.build.dockerfile;

/// A name and its value, of ENV or LABEL.
public record KeyValue(String key, String value) {}
