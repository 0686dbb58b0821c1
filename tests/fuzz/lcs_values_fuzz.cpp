// evd_fuzz_links: evd_common_config evd_common_base
#include "common/base/check.h"
#include "common/config/lcs_calls.h"
#include "common/config/lcs_values.h"

#include <cstring>
#include <limits>

// What a registry server gives us through the kernel: any bytes are values or are refused, and what
// is accepted is exactly what was there.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace config = evd::config;
    uint32_t count = 0;
    if (size < sizeof(count)) {
        return 0;
    }
    std::memcpy(&count, data, sizeof(count));
    const auto values = config::parseLcsValues({data + sizeof(count), size - sizeof(count)}, count);
    if (!values) {
        return 0;
    }
    size_t bytes = sizeof(count);
    for (const auto& value : *values) {
        bytes += 3 * sizeof(uint32_t) + value.name.size() + value.data.size();
        const auto read = config::readLcsValue(value);
        EVD_CHECK(read.data.has_value() == read.reason.empty(), "a value or the reason for none");
        const auto* number = read.data ? std::get_if<uint64_t>(&*read.data) : nullptr;
        EVD_CHECK(number == nullptr || value.type != config::kLcsDword ||
                      *number <= std::numeric_limits<uint32_t>::max(),
                  "a dword has 32 bits");
    }
    EVD_CHECK(bytes == size && values->size() == count, "nothing added, nothing left out");
    return 0;
}
