#include "queryd/evctl/in_place.h"

#include "common/base/text.h"
#include "queryd/evctl/output/plain_text.h"

namespace evd::evctl {

namespace {

constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearBehind = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

}  // namespace

std::string inPlace(std::string_view picture, size_t rows, size_t columns) {
    std::string out(kHome);
    size_t row = 0;
    for (const std::string_view line : base::split(picture, '\n')) {
        if (rows > 0 && row + 1 >= rows) {
            break;
        }
        out += base::cat(columns > 0 ? cutToWidth(line, columns) : std::string(line), kClearBehind,
                         '\n');
        ++row;
    }
    return out.append(kClearBelow);
}

}  // namespace evd::evctl
