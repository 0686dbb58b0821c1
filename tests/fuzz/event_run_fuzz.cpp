// evd_fuzz_links: evd_store
#include "common/base/check.h"
#include "store/event_run.h"

#include <cstring>

// What a collector may send: the frame's numbers and gaps are taken from the front of the input,
// the rest is the blob. A run is refused, or its slices cover exactly what it said, and any part of
// them is a sound run itself.

namespace {

using evd::base::Interval;
using evd::store::EventRun;
using evd::store::RunSlice;

class Input {
  public:
    Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
    template <typename Number>
    Number take() {
        Number number = 0;
        const size_t count = size_ < sizeof(number) ? size_ : sizeof(number);
        if (count > 0) {
            std::memcpy(&number, data_, count);
        }
        data_ += count;
        size_ -= count;
        return number;
    }
    std::span<const uint8_t> rest() const { return {data_, size_}; }

  private:
    const uint8_t* data_;
    size_t size_;
};

void checkSlices(const EventRun& run, const std::vector<RunSlice>& slices) {
    uint64_t next = run.first_sequence;
    uint64_t events = 0;
    for (const RunSlice& slice : slices) {
        EVD_CHECK(slice.covered.first == next && slice.rows() > 0, "slices follow one another");
        next = slice.covered.last + 1;
        events += slice.event_count;
    }
    EVD_CHECK(next == run.last_sequence + 1 && events == run.event_count, "slices cover the run");
}

void checkParts(const EventRun& run, const std::vector<RunSlice>& slices, Interval wanted) {
    for (const RunSlice& part : evd::store::restrictSlices(slices, {wanted})) {
        const EventRun smaller{run.cpu,          part.covered.first, part.covered.last,
                               part.event_count, part.gaps,          part.events};
        EVD_CHECK(evd::store::checkRun(smaller, 4).ok(), "a part of a sound run is sound");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Input input(data, size);
    EventRun run;
    run.cpu = input.take<uint8_t>();
    run.first_sequence = input.take<uint64_t>();
    run.last_sequence = input.take<uint64_t>();
    run.event_count = input.take<uint32_t>();
    const size_t gaps = input.take<uint8_t>() % 8;
    for (size_t index = 0; index < gaps; ++index) {
        const auto first = input.take<uint64_t>();
        run.gaps.push_back({first, input.take<uint64_t>(), 0, 0});
    }
    const auto wanted_first = input.take<uint8_t>();
    run.events = input.rest();
    const auto slices = evd::store::checkRun(run, 4);
    if (slices.ok()) {
        checkSlices(run, slices.value());
        const uint64_t first = run.first_sequence + wanted_first % 8;
        if (first <= run.last_sequence) {
            checkParts(run, slices.value(), {first, run.last_sequence});
            checkParts(run, slices.value(), {run.first_sequence, first});
        }
    }
    return 0;
}
