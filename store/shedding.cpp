#include "store/shedding.h"

#include <algorithm>

namespace evd::store {

namespace {

// More than 75 % of what a batch may hold.
bool isLargeCount(uint64_t rows, uint64_t rows_max) {
    return rows * 4 > rows_max * 3;
}

int64_t sliceNs(int64_t window_ns, int64_t slices) {
    return std::max<int64_t>(window_ns / slices, 1);
}

}  // namespace

void Shedding::setSettings(Settings settings) {
    if (settings.window_ns != settings_.window_ns) {
        slices_.fill({});
    }
    settings_ = settings;
}

Shedding::Verdict Shedding::committed(int64_t now_ns, const BatchLoad& load,
                                      uint32_t ring_fill_percent) {
    const bool is_crowded = isLargeCount(load.waiting_rows, load.rows_max);
    const bool is_large = is_crowded || isLargeCount(load.rows, load.rows_max);
    const bool is_largest = is_crowded || load.was_cut || load.rows >= load.rows_max;
    note(now_ns, is_large);
    if (is_largest && ring_fill_percent > settings_.ring_percent) {
        shed_ns_ = now_ns;
        return Verdict::ShedAll;
    }
    if (!isPressed(now_ns)) {
        return Verdict::Keep;
    }
    slices_.fill({});
    shed_ns_ = now_ns;
    return Verdict::ShedLowest;
}

bool Shedding::isCalm(int64_t now_ns) const {
    return (!shed_ns_ || now_ns - *shed_ns_ >= settings_.window_ns) && !isPressed(now_ns);
}

void Shedding::note(int64_t now_ns, bool is_large) {
    const int64_t number = now_ns / sliceNs(settings_.window_ns, kSlices);
    Slice& slice = slices_.at(static_cast<size_t>(number % kSlices));
    if (slice.number != number) {
        slice = {number, 0, 0};
    }
    ++slice.batches;
    slice.large += is_large ? 1 : 0;
}

bool Shedding::isPressed(int64_t now_ns) const {
    const int64_t now = now_ns / sliceNs(settings_.window_ns, kSlices);
    uint64_t batches = 0;
    uint64_t large = 0;
    for (const Slice& slice : slices_) {
        const bool is_in_window = slice.number > now - kSlices;
        batches += is_in_window ? slice.batches : 0;
        large += is_in_window ? slice.large : 0;
    }
    return batches >= kBatchesJudgedMin && large * 100 > batches * settings_.batch_percent;
}

}  // namespace evd::store
