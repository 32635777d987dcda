package io.saya.ttrpc.gen;

/**
 * A proto file that is valid for protoc but that has no ttrpc stubs; the message names file and
 * element.
 */
final class InvalidDefinitionException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidDefinitionException(String message) {
        super(message);
    }
}
