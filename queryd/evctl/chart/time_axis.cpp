#include "queryd/evctl/chart/time_axis.h"

#include "common/base/text.h"
#include "queryd/evctl/chart/ticks.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace evd::evctl {

namespace {

constexpr size_t kColumnsPerTick = 12;

}  // namespace

std::string timeAxis(double first, double last, size_t indent, size_t columns, bool unicode,
                     bool utc) {
    std::vector<bool> marks(columns, false);
    std::string texts(indent + columns, ' ');
    size_t free_from = 0;
    for (const Tick& tick :
         timeTicks(first, last, std::max<size_t>(columns / kColumnsPerTick, 1), utc)) {
        const double share = (tick.at - first) / (last - first);
        const auto column = static_cast<size_t>(
            std::lround(share * static_cast<double>(columns > 0 ? columns - 1 : 0)));
        const size_t middle = indent + column;
        const size_t half = tick.text.size() / 2;
        const size_t begin_most = texts.size() - std::min(texts.size(), tick.text.size());
        const size_t begin = std::min(middle > half ? middle - half : 0, begin_most);
        if (column >= columns) {
            continue;
        }
        marks[column] = true;
        if (begin >= free_from && begin + tick.text.size() <= texts.size()) {
            texts.replace(begin, tick.text.size(), tick.text);
            free_from = begin + tick.text.size() + 1;
        }
    }
    std::string axis(indent > 0 ? indent - 1 : 0, ' ');
    axis += indent == 0 ? "" : unicode ? "\u2514" : "+";
    for (const bool mark : marks) {
        axis += unicode ? (mark ? "\u252C" : "\u2500") : (mark ? "+" : "-");
    }
    texts.erase(texts.find_last_not_of(' ') + 1);
    return base::cat(axis, '\n', texts, '\n');
}

}  // namespace evd::evctl
