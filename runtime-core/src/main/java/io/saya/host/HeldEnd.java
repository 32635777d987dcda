package io.saya.host;

/**
 * An end of a FIFO that the guard has open beside the daemon, so that whoever is at the other end
 * does not notice if the daemon dies.
 *
 * @param handle by which it is given up; 0: nothing is held
 * @param descriptor the guard's
 * @param device number of the device that the FIFO is on
 * @param inode its number there
 */
public record HeldEnd(int handle, int descriptor, long device, long inode) {

    /** Nothing is held, and nothing needs to be. */
    public static final HeldEnd NONE = new HeldEnd(0, 0, 0, 0);

    /** Which of the two ends. */
    public enum Side {
        /** Open for reading alone. */
        READ(0),
        /** Open for writing alone. */
        WRITE(1);

        private final int access;

        Side(int access) {
            this.access = access;
        }

        /** As open(2) calls it. */
        public int access() {
            return access;
        }
    }

    public boolean isHeld() {
        return handle != 0;
    }
}
