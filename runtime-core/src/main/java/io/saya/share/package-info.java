/**
 * What of the host's file system the guest gets to see: root file systems and bind mounts, shared
 * by virtio-fs.
 */
@NullMarked
package io.saya.share;

import org.jspecify.annotations.NullMarked;
