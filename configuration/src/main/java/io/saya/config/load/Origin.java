package io.saya.config.load;

import io.saya.config.Position;
import io.saya.config.Problem;
import java.nio.file.Path;

/** The origin of a value. */
public sealed interface Origin {

    /** Nothing says otherwise. */
    record BuiltIn() implements Origin {
        @Override
        public String toString() {
            return "built-in default";
        }
    }

    /**
     * A configuration file.
     *
     * @param dropIn whether it is one of {@code config.d}
     */
    record InFile(Path file, Position position, boolean dropIn) implements Origin {
        @Override
        public String toString() {
            return (dropIn ? "drop-in " : "")
                    + file
                    + ":"
                    + position.line()
                    + ":"
                    + position.column();
        }
    }

    /** The pod. */
    record ByAnnotation(String name) implements Origin {
        @Override
        public String toString() {
            return "annotation " + name;
        }
    }

    /** This origin as the source of a problem. */
    default Problem.Source asSource() {
        if (this instanceof InFile place) {
            return new Problem.Source.InFile(place.file(), place.position());
        }
        if (this instanceof ByAnnotation annotation) {
            return new Problem.Source.Annotation(annotation.name());
        }
        return new Problem.Source.BuiltIn();
    }
}
