#include "queryd/evctl/output/bar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace evd::evctl {

namespace {

constexpr size_t kPieces = 8;
constexpr std::array<std::string_view, kPieces> kPieceTexts = {
    "", "\u258F", "\u258E", "\u258D", "\u258C", "\u258B", "\u258A", "\u2589"};
constexpr std::string_view kFullBlock = "\u2588";

}  // namespace

std::string barText(double share, size_t width, bool unicode) {
    if (!(share > 0) || width == 0) {
        return {};
    }
    const double columns = std::min(share, 1.0) * static_cast<double>(width);
    if (!unicode) {
        const auto count = static_cast<size_t>(std::lround(columns));
        return std::string(std::max<size_t>(count, 1), '#');
    }
    const auto pieces =
        std::max<size_t>(static_cast<size_t>(std::lround(columns * double{kPieces})), 1);
    std::string out;
    for (size_t i = 0; i < pieces / kPieces; ++i) {
        out += kFullBlock;
    }
    return out += kPieceTexts[pieces % kPieces];
}

}  // namespace evd::evctl
