// Addresses as text and as bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ip {
    int family; // AF_INET or AF_INET6
    uint8_t bytes[16];
    unsigned prefix; // bits; all of them if the text has none
};

enum { IP_TEXT_SIZE = 64, MAC_SIZE = 6, MAC_TEXT_SIZE = 18 };

static inline size_t ip_size(const struct ip *ip) {
    return ip->family == 2 ? 4 : 16;
}

// Parses "address" or "address/prefix".
bool ip_parse(const char *text, struct ip *ip);
void ip_text(int family, const void *bytes, char *text);

bool mac_parse(const char *text, uint8_t *mac);
void mac_text(const uint8_t *mac, char *text);
