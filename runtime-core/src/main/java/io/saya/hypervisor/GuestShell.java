package io.saya.hypervisor;

import java.io.IOException;

/** Where an operator finds a shell in the guest, beside its containers. Thread safe. */
public interface GuestShell {

    /**
     * Opens a session. May wait for the guest.
     *
     * @throws IOException if there is none to be had, with the reason
     */
    Session open() throws IOException, InterruptedException;

    /** What is typed and what is printed, as bytes of a terminal. */
    interface Session extends AutoCloseable {

        /** Waits for what the shell prints next; no bytes are its end. */
        byte[] read() throws InterruptedException;

        /** Sends bytes as if they were typed. May block while the guest takes none. */
        void type(byte[] bytes) throws IOException, InterruptedException;

        @Override
        void close();
    }
}
