#include "ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(AF_INET == 2, "ip_size relies on it");

bool ip_parse(const char *text, struct ip *ip) {
    char address[IP_TEXT_SIZE];
    size_t length = strcspn(text, "/");
    if (length >= sizeof address) return false;
    memcpy(address, text, length);
    address[length] = 0;
    ip->family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
    unsigned bits = ip->family == AF_INET ? 32 : 128;
    ip->prefix = bits;
    if (inet_pton(ip->family, address, ip->bytes) != 1) return false;
    if (text[length] == 0) return true;
    char *end;
    unsigned long prefix = strtoul(text + length + 1, &end, 10);
    ip->prefix = (unsigned)prefix;
    return *end == 0 && end != text + length + 1 && prefix <= bits;
}

void ip_text(int family, const void *bytes, char *text) {
    if (inet_ntop(family, bytes, text, IP_TEXT_SIZE - 8) == NULL) text[0] = 0;
}

bool mac_parse(const char *text, uint8_t *mac) {
    unsigned byte[MAC_SIZE];
    int used = 0;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4], &byte[5], &used) != MAC_SIZE ||
        text[used] != 0)
        return false;
    for (int i = 0; i < MAC_SIZE; i++) mac[i] = (uint8_t)byte[i];
    return true;
}

void mac_text(const uint8_t *mac, char *text) {
    snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}
