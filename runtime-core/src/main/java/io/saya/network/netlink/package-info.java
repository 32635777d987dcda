/** rtnetlink messages as bytes; what they mean is known elsewhere. */
@NullMarked
package io.saya.network.netlink;

import org.jspecify.annotations.NullMarked;
