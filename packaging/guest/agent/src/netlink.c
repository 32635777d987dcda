#include "netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void *netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, size_t body_size) {
    memset(request, 0, sizeof *request);
    request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(body_size);
    request->header.nlmsg_type = type;
    request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    return NLMSG_DATA(&request->header);
}

void netlink_add(struct netlink_request *request, uint16_t type, const void *data, size_t size) {
    size_t at = NLMSG_ALIGN(request->header.nlmsg_len);
    if (at + RTA_SPACE(size) > sizeof request->bytes) return; // cannot happen with what is added here
    struct rtattr *attribute = (struct rtattr *)(request->bytes + at);
    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(size);
    if (size > 0) memcpy(RTA_DATA(attribute), data, size);
    request->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(size));
}

struct rtattr *netlink_nest_begin(struct netlink_request *request, uint16_t type) {
    struct rtattr *nest = (struct rtattr *)(request->bytes + NLMSG_ALIGN(request->header.nlmsg_len));
    netlink_add(request, type, NULL, 0);
    return nest;
}

void netlink_nest_end(struct netlink_request *request, struct rtattr *nest) {
    nest->rta_len = (unsigned short)(request->bytes + request->header.nlmsg_len - (uint8_t *)nest);
}

static int open_and_send(struct netlink_request *request) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd >= 0 && send(fd, request->bytes, request->header.nlmsg_len, 0) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        fd = -1;
    }
    return fd;
}

static int error_of(const struct nlmsghdr *message) {
    return -((const struct nlmsgerr *)NLMSG_DATA(message))->error;
}

// Reads answers until the last one.
static int receive(int fd, bool (*visit)(const struct nlmsghdr *message, void *context), void *context) {
    union {
        struct nlmsghdr header;
        uint8_t bytes[32768]; // what the kernel fills a dump's datagrams up to
    } answer;
    for (;;) {
        ssize_t length = recv(fd, answer.bytes, sizeof answer, 0);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return errno;
        for (struct nlmsghdr *message = &answer.header; NLMSG_OK(message, (size_t)length); message = NLMSG_NEXT(message, length)) {
            if (message->nlmsg_type == NLMSG_DONE) return 0;
            if (message->nlmsg_type == NLMSG_ERROR) return error_of(message);
            if (visit != NULL && !visit(message, context)) visit = NULL;
        }
    }
}

int netlink_do(struct netlink_request *request) {
    request->header.nlmsg_flags |= NLM_F_ACK;
    int fd = open_and_send(request);
    if (fd < 0) return errno;
    int error = receive(fd, NULL, NULL);
    close(fd);
    return error;
}

int netlink_dump(struct netlink_request *request, bool (*visit)(const struct nlmsghdr *message, void *context), void *context) {
    request->header.nlmsg_flags |= NLM_F_DUMP;
    int fd = open_and_send(request);
    if (fd < 0) return errno;
    int error = receive(fd, visit, context);
    close(fd);
    return error;
}

static void sort_attributes(const struct rtattr *attribute, size_t length, const struct rtattr **table, size_t count) {
    memset(table, 0, count * sizeof *table);
    for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length))
        if (attribute->rta_type < count) table[attribute->rta_type] = attribute;
}

void netlink_attributes(const struct nlmsghdr *message, size_t body_size, const struct rtattr **table, size_t count) {
    const char *body = NLMSG_DATA(message);
    sort_attributes((const struct rtattr *)(body + NLMSG_ALIGN(body_size)), NLMSG_PAYLOAD(message, body_size), table, count);
}

void netlink_nested(const struct rtattr *nest, const struct rtattr **table, size_t count) {
    sort_attributes(nest != NULL ? RTA_DATA(nest) : NULL, nest != NULL ? RTA_PAYLOAD(nest) : 0, table, count);
}

bool netlink_no_ipv6(int family, int error) {
    return family == AF_INET6 && (error == EOPNOTSUPP || error == EAFNOSUPPORT || error == EACCES);
}

unsigned netlink_link_index(const char *name) {
    return *name == 0 ? 0 : if_nametoindex(name);
}
