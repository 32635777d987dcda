package io.saya.agent;

import com.google.protobuf.ByteString;

/**
 * A file of a volume that the agent is to make.
 *
 * @param path below the volume's mount point; {@code .} is that itself
 * @param mode as in stat(2), with the type: a directory, a regular file or a symbolic link
 * @param user the owner's number
 * @param group the group's
 * @param content what a file holds, or where a link leads
 */
public record GuestFile(String path, int mode, int user, int group, ByteString content) {}
