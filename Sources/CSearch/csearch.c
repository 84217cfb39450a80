#include "csearch.h"
#include <string.h>

uint32_t obis_search_slot(uint64_t first_eight_octets) {
    return (uint32_t)((first_eight_octets * 0x9E3779B97F4A7C15ull) >> (64 - OBIS_SEARCH_FILTER_BITS));
}

size_t obis_search_next(const uint8_t *data, size_t size, size_t start, const uint8_t *filter) {
    for (size_t position = start; position + 8 <= size; position++) {
        uint64_t octets;
        memcpy(&octets, data + position, 8);
        // Untouched memory is zero; no pattern begins so.
        if (octets == 0) { continue; }
        uint32_t slot = obis_search_slot(octets);
        if (filter[slot >> 3] & (1u << (slot & 7))) { return position; }
    }
    return size;
}
