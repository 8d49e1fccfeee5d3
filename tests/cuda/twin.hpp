// What the kernels use of CUDA, on a processor: a launch runs blocks one after the other, and the threads of a block
// as fibers that hand over where threads wait for each other. Whatever a GPU would get silently wrong ends the launch
// with a message. Included before the source of a kernel, with device.hpp; see twin.py.
#pragma once
#pragma GCC system_header  // warnings are about kernels
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <csetjmp>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fibers.hpp"

struct uint3 {
    unsigned x, y, z;
};

static uint3 threadIdx, blockIdx, blockDim, gridDim;  // the scheduler sets them before it goes on with a thread
static char* twin_dynamic;                            // the launch's dynamic shared memory
static constexpr int warpSize = 32;

namespace twin {

constexpr unsigned WARP = 32, FULL = 0xffffffffu, MOST_THREADS = 1024;
constexpr size_t MOST_SHARED = 232448, PAGE = 1 << 16, MARGIN = 4096;
constexpr unsigned char POISON = 0xff;  // NaN as floats, -1 as integers

enum Order { FORWARD, BACKWARD, SHUFFLED };
enum State { READY, AT_WARP, AT_BLOCK, DONE };

struct Launch {
    unsigned grid[3], block[3], shared;
    int order;
    uint64_t seed;
    char* stacks;  // of all threads, from twin_new_stacks
};

struct Thread {
    Context context;
    uint3 index;
    State state;
    const char* where;  // the function in which it waits
    int line;
};

static Thread threads[MOST_THREADS];
static uint64_t sent[MOST_THREADS], received[MOST_THREADS];  // what threads give to the others of their warp
static unsigned arrived[MOST_THREADS / WARP], earliest[MOST_THREADS / WARP];  // how many lanes; who was the first
static unsigned current, n_threads;
static Context scheduler;
static void (*kernel)(void**);
static void** arguments;
static char message[600];
static sigjmp_buf escape;
static thread_local bool running = false;
static uint64_t random_state;

[[noreturn]] inline void fail(const char* format, ...) {
    uint3 b = blockIdx, t = threadIdx;
    int n = snprintf(message, sizeof message, "block (%u, %u, %u), thread (%u, %u, %u): ", b.x, b.y, b.z, t.x, t.y, t.z);
    va_list rest;
    va_start(rest, format);
    vsnprintf(message + n, sizeof message - n, format, rest);
    va_end(rest);
    siglongjmp(escape, 1);
}

inline void leave() { hand_over(threads[current].context, scheduler); }

inline void wait_for_block(const char* where, int line) {
    Thread& self = threads[current];
    self.state = AT_BLOCK, self.where = where, self.line = line;
    leave();
}

// Gives `value` to the other lanes, and returns when all 32 of the warp have arrived.
inline void wait_for_warp(unsigned mask, uint64_t value, const char* where, int line) {
    unsigned warp = current / WARP, first = warp * WARP;
    if (mask != FULL) fail("%s on line %d with mask 0x%08x: only whole warps are allowed", where, line, mask);
    if (first + WARP > n_threads) fail("%s on line %d in a warp of only %u threads", where, line, n_threads - first);
    sent[current] = value;
    Thread& self = threads[current];
    self.where = where, self.line = line;
    if (arrived[warp] == 0) earliest[warp] = current;
    const Thread& other = threads[earliest[warp]];
    if (other.line != line || other.where != where)
        fail("%s on line %d, while lane %u of its warp is at %s on line %d", where, line, earliest[warp] - first,
             other.where, other.line);
    if (++arrived[warp] < WARP) {
        self.state = AT_WARP;
        leave();
        return;
    }
    arrived[warp] = 0;
    memcpy(received + first, sent + first, WARP * sizeof *sent);
    for (unsigned i = first; i < first + WARP; i++) threads[i].state = READY;
}

template <class T> uint64_t as_sent(T value) {
    static_assert(sizeof(T) <= sizeof(uint64_t));
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    return bits;
}
template <class T> T from_lane(unsigned lane) {
    T value;
    memcpy(&value, &received[current / WARP * WARP + lane], sizeof value);
    return value;
}
inline unsigned lane() { return current % WARP; }

inline unsigned random_below(unsigned n) {  // SplitMix64
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return static_cast<unsigned>((z ^ (z >> 31)) % n);
}

// Fills `turns` with 0 .. n - 1 in the order of the launch.
inline void put_in_order(unsigned* turns, unsigned n, int order) {
    for (unsigned i = 0; i < n; i++) turns[i] = order == BACKWARD ? n - 1 - i : i;
    for (unsigned i = n; order == SHUFFLED && i > 1; i--) {
        unsigned j = random_below(i), moved = turns[j];
        turns[j] = turns[i - 1], turns[i - 1] = moved;
    }
}

// Runs a warp until none of its threads can go on.
inline void run_warp(unsigned warp, int order) {
    unsigned first = warp * WARP, n = n_threads - first < WARP ? n_threads - first : WARP, turns[WARP];
    for (bool ran = true; ran;) {
        ran = false;
        put_in_order(turns, n, order);
        for (unsigned i = 0; i < n; i++) {
            current = first + turns[i];
            if (threads[current].state != READY) continue;
            threadIdx = threads[current].index, ran = true;
            hand_over(scheduler, threads[current].context);
        }
    }
    if (arrived[warp] == 0) return;
    unsigned waiting = 0, other = 0;
    for (unsigned i = 0; i < n; i++) (threads[first + i].state == AT_WARP ? waiting : other) = first + i;
    threadIdx = threads[waiting].index;
    const Thread& late = threads[other];
    fail("%s on line %d waits for ever: thread %u of its warp %s (line %d)", threads[waiting].where,
         threads[waiting].line, other, late.state == DONE ? "has ended" : "is at __syncthreads", late.line);
}

// Says whether the block has ended; if not, all its threads stand at the same __syncthreads.
inline bool has_ended() {
    unsigned ended = 0, waiting = n_threads;
    for (unsigned i = 0; i < n_threads; i++) {
        if (threads[i].state == DONE) ended++;
        else if (waiting == n_threads) waiting = i;
        else if (threads[i].line != threads[waiting].line)
            fail("thread %u is at __syncthreads on line %d, thread %u at that on line %d", waiting,
                 threads[waiting].line, i, threads[i].line);
    }
    if (ended > 0 && ended < n_threads)
        fail("%u of %u threads have ended, the others wait for them at __syncthreads on line %d", ended, n_threads,
             threads[waiting].line);
    return ended > 0;
}

inline void enter() {
    kernel(arguments);
    threads[current].state = DONE;
    threads[current].line = 0;
    leave();
}

struct Pages {  // memory that ends where nothing may be read or written
    char* start;
    size_t size;
    explicit Pages(size_t wanted) : size((wanted + PAGE - 1) / PAGE * PAGE) {
        void* mapped = mmap(nullptr, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (mapped == MAP_FAILED) abort();
        start = static_cast<char*>(mapped);
        mprotect(start + size, PAGE, PROT_NONE);
    }
    char* last(size_t bytes) const { return start + size - (bytes + 15) / 16 * 16; }
};

// Between any two stacks lie as many bytes that may not be touched. A process needs them once, for all its libraries.
extern "C" __attribute__((visibility("default"))) char* twin_new_stacks() {
    char* start = Pages((MOST_THREADS + 1) * 2 * STACK).start;
    for (unsigned i = 0; i < MOST_THREADS; i++) mprotect(start + (2 * i + 1) * STACK, STACK, PROT_NONE);
    return start;
}

extern "C" char __start_twin_shared[] __attribute__((weak, visibility("hidden")));
extern "C" char __stop_twin_shared[] __attribute__((weak, visibility("hidden")));

inline void run_block(const Launch& launch, const Pages& shared) {
    char *margin = twin_dynamic - MARGIN, *end = shared.start + shared.size;
    memset(margin, POISON, end - margin);
    if (__start_twin_shared) memset(__start_twin_shared, POISON, __stop_twin_shared - __start_twin_shared);
    memset(arrived, 0, sizeof arrived);
    for (unsigned i = 0; i < n_threads; i++) {
        threads[i].index = {i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y};
        threads[i].state = READY;
        prepare(threads[i].context, launch.stacks + (i + 1) * 2 * STACK, enter);
    }
    unsigned turns[MOST_THREADS / WARP], n_warps = (n_threads + WARP - 1) / WARP;
    for (bool ended = false; !ended;) {
        put_in_order(turns, n_warps, launch.order);
        for (unsigned i = 0; i < n_warps; i++) run_warp(turns[i], launch.order);
        ended = has_ended();
        for (unsigned i = 0; i < n_threads && !ended; i++) threads[i].state = READY;
    }
    const unsigned char poison = POISON;
    for (char* byte = margin; byte < end; byte++) {
        if (byte == twin_dynamic) byte += launch.shared;
        if (byte < end && memcmp(byte, &poison, 1) != 0)
            fail("wrote outside the %u bytes of dynamic shared memory", launch.shared);
    }
}

static struct sigaction before[4];
constexpr int SIGNALS[4] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

inline void caught(int signal, siginfo_t* info, void*) {
    if (running) fail(signal == SIGFPE ? "illegal arithmetic" : "illegal address %p", info->si_addr);
    for (int i = 0; i < 4; i++) sigaction(SIGNALS[i], &before[i], nullptr);  // not ours: it comes again
}

inline void run_grid(const Launch& launch, const Pages& shared) {
    uint64_t n_blocks = uint64_t(gridDim.x) * gridDim.y * gridDim.z;
    unsigned* turns = static_cast<unsigned*>(malloc(n_blocks * sizeof *turns));
    put_in_order(turns, unsigned(n_blocks), launch.order);
    if (sigsetjmp(escape, 1) == 0) {
        for (uint64_t i = 0; i < n_blocks; i++) {
            unsigned block = turns[i];
            blockIdx = {block % gridDim.x, block / gridDim.x % gridDim.y, block / gridDim.x / gridDim.y};
            run_block(launch, shared);
        }
    }
    free(turns);
}

// Within its life, numbers below 1.2e-38 are 0, as CuPy has all sources compiled.
class Flushed {
#if defined(__x86_64__)
    unsigned before = __builtin_ia32_stmxcsr();

public:
    Flushed() { __builtin_ia32_ldmxcsr(before | 0x8040); }
    ~Flushed() { __builtin_ia32_ldmxcsr(before); }
#elif defined(__aarch64__)
    uint64_t before = __builtin_aarch64_get_fpcr();

public:
    Flushed() { __builtin_aarch64_set_fpcr(unsigned(before | 1u << 24)); }
    ~Flushed() { __builtin_aarch64_set_fpcr(unsigned(before)); }
#endif
};

// Runs a launch; returns what went wrong, empty if nothing did.
inline const char* run(const Launch& launch, void (*function)(void**), void** values) {
    static const Pages shared(MOST_SHARED + MARGIN);
    static char signal_stack[1 << 16];
    gridDim = {launch.grid[0], launch.grid[1], launch.grid[2]};
    blockDim = {launch.block[0], launch.block[1], launch.block[2]};
    n_threads = blockDim.x * blockDim.y * blockDim.z;
    twin_dynamic = shared.last(launch.shared);
    kernel = function, arguments = values, random_state = launch.seed, message[0] = 0;
    stack_t ours = {}, theirs;
    ours.ss_sp = signal_stack, ours.ss_size = sizeof signal_stack;
    sigaltstack(&ours, &theirs);
    struct sigaction action = {};
    action.sa_sigaction = caught, action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (int i = 0; i < 4; i++) sigaction(SIGNALS[i], &action, &before[i]);
    running = true;
    {
        const Flushed flushed;
        run_grid(launch, shared);
    }
    running = false;
    for (int i = 0; i < 4; i++) sigaction(SIGNALS[i], &before[i], nullptr);
    sigaltstack(&theirs, nullptr);
    return message;
}

}  // namespace twin
