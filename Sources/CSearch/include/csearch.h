#pragma once
#include <stddef.h>
#include <stdint.h>

/// Bits in a filter: 2 MiB.
#define OBIS_SEARCH_FILTER_BITS 24

/// Where the first eight octets of a pattern stand in the filter.
uint32_t obis_search_slot(uint64_t first_eight_octets);

/// The first position from `start` on at which a pattern may begin: whose eight octets are in the filter. `size` if none.
size_t obis_search_next(const uint8_t *data, size_t size, size_t start, const uint8_t *filter);
