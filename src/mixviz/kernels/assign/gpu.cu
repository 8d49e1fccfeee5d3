// Nearest clusters: centres made ready, rows as floats, the least cost of each row, and the sums of each cluster's rows.
// Every kernel has THREADS threads a block. Sums have a fixed order, so that a run gives the same bits again.
#include "draws/gpu.cuh"

constexpr unsigned STREAM = 6u << 16;  // of the random numbers: mixviz.kernels.assign.reference
constexpr int WARP = 32, THREADS = 256, WARPS = THREADS / WARP;
constexpr int LISTED = 4 * THREADS;  // labels that a block looks through at a time

// ---- four features at a time

__device__ inline float4 four(const unsigned char* numbers) {
    const unsigned bytes = *reinterpret_cast<const unsigned*>(numbers);
    return {float(bytes & 255u), float(bytes >> 8 & 255u), float(bytes >> 16 & 255u), float(bytes >> 24)};
}

__device__ inline float4 four(const float* numbers) { return *reinterpret_cast<const float4*>(numbers); }

// The sum over the lanes of a warp, the same in each.
__device__ inline float warp_sum(float value) {
#pragma unroll
    for (int other = WARP / 2; other > 0; other /= 2) value += __shfl_xor_sync(0xffffffffu, value, other);
    return value;
}

// ---- centres and rows made ready for products

// A block a cluster: weighted = weights * centre, `width` numbers of which those beyond F are 0;
// length = sum of weights * centre^2; shift = length + offset.
extern "C" __global__ void __launch_bounds__(THREADS)
    weigh_centres(const float* __restrict__ centres, const float* __restrict__ weights,
                  const float* __restrict__ offsets, int F, int width, float* __restrict__ weighted,
                  float* __restrict__ lengths, float* __restrict__ shifts) {
    __shared__ float parts[WARPS];
    const long long k = blockIdx.x;
    float length = 0.0f;
    for (int f = threadIdx.x; f < width; f += THREADS) {
        const float centre = f < F ? centres[k * F + f] : 0.0f, product = f < F ? weights[f] * centre : 0.0f;
        weighted[k * width + f] = product;
        length = fmaf(product, centre, length);
    }
    length = warp_sum(length);
    if (threadIdx.x % WARP == 0) parts[threadIdx.x / WARP] = length;
    __syncthreads();
    if (threadIdx.x > 0) return;
    for (int warp = 1; warp < WARPS; ++warp) length += parts[warp];
    lengths[k] = length;
    shifts[k] = length + offsets[k];
}

// A warp a row: bytes as floats, `width` (a multiple of 4) a row, of which those beyond F are 0.
extern "C" __global__ void __launch_bounds__(THREADS)
    bytes_to_floats(const unsigned char* __restrict__ data, int n, int F, int width, int is_aligned,
                    float* __restrict__ floats) {
    const long long b = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
    if (b >= n) return;
    const unsigned char* row = data + b * F;
    for (int f = threadIdx.x % WARP * 4; f < width; f += 4 * WARP) {
        float4 numbers;
        if (is_aligned) {
            numbers = four(row + f);
        } else {
            numbers.x = row[f];  // width is the next multiple of 4, so that f < F
            numbers.y = f + 1 < F ? float(row[f + 1]) : 0.0f;
            numbers.z = f + 2 < F ? float(row[f + 2]) : 0.0f;
            numbers.w = f + 3 < F ? float(row[f + 3]) : 0.0f;
        }
        *reinterpret_cast<float4*>(floats + b * width + f) = numbers;
    }
}

// A block a CSR row: its products with all centres; weighted has the shape (F, K).
extern "C" __global__ void __launch_bounds__(THREADS)
    multiply_sparse(const long long* __restrict__ indptr, const int* __restrict__ indices,
                    const float* __restrict__ values, const float* __restrict__ weighted, int K,
                    float* __restrict__ products) {
    const long long b = blockIdx.x, first = indptr[b], last = indptr[b + 1];
    for (int k = threadIdx.x; k < K; k += THREADS) {
        float product = 0.0f;
#pragma unroll 4
        for (long long i = first; i < last; ++i)
            product = fmaf(values[i], weighted[(long long)indices[i] * K + k], product);
        products[b * K + k] = product;
    }
}

// ---- labels: a warp a row

// -log(-log(u)) of u = uniform(bits); from 1 - u where u is above a half, which float32 rounds.
__device__ inline float gumbel(unsigned bits) {
    const bool is_upper = bits > 0x7FFFFFFFu;
    const float small = uniform(is_upper ? ~bits : bits), rest = 1.0f - small;
    const bool is_tiny = rest > 0.9999999f;
    const float series = -logf(rest) * small / (is_tiny ? 1.0f : 1.0f - rest);
    return -logf(is_upper ? (is_tiny ? small : series) : -logf(small));
}

// What random labels depend on; no chance at all where the temperature is 0.
struct Chance {
    float temperature;
    unsigned step, k0, k1;
};

// The cluster of least cost, the first of equal ones; 0 where all costs are infinite or NaN. All lanes get it.
// Lane i takes the draws i, i + 32, ...: word w of draw 16 i + j belongs to cluster 64 i + 16 w + j.
__device__ inline int cheapest(const float* products, const float* shifts, int K, unsigned row, Chance chance) {
    const bool is_random = chance.temperature > 0.0f;
    const int n_draws = (K + 63) / 64 * 16;
    float least = __uint_as_float(0x7F800000u);
    int best = K;
    for (int draw = threadIdx.x % WARP; draw < n_draws; draw += WARP) {
        unsigned words[4] = {0, 0, 0, 0};
        if (is_random) {
            const uint4 bits = philox(row, chance.step, draw, STREAM, chance.k0, chance.k1);
            words[0] = bits.x, words[1] = bits.y, words[2] = bits.z, words[3] = bits.w;
        }
#pragma unroll
        for (int w = 0; w < 4; ++w) {
            const int k = draw / 16 * 64 + 16 * w + draw % 16;
            float cost = k < K ? shifts[k] - 2.0f * products[k] : least;
            if (is_random && k < K) cost -= chance.temperature * gumbel(words[w]);
            if (cost < least) least = cost, best = k;
        }
    }
#pragma unroll
    for (int other = WARP / 2; other > 0; other /= 2) {
        const float cost = __shfl_xor_sync(0xffffffffu, least, other);
        const int k = __shfl_xor_sync(0xffffffffu, best, other);
        if (cost < least || (cost == least && k < best)) least = cost, best = k;
    }
    return best < K ? best : 0;
}

// The weighted squared distance of a row to a centre, from differences: nothing cancels. All lanes get it.
template <typename T>
__device__ inline float distance(const T* row, const float* centre, const float* weights, int F, bool is_aligned) {
    float total = 0.0f;
    if (is_aligned) {
#pragma unroll 4
        for (int f = threadIdx.x % WARP * 4; f < F; f += 4 * WARP) {
            const float4 x = four(row + f), c = four(centre + f), weight = four(weights + f);
            total = fmaf(weight.x * (x.x - c.x), x.x - c.x, total);
            total = fmaf(weight.y * (x.y - c.y), x.y - c.y, total);
            total = fmaf(weight.z * (x.z - c.z), x.z - c.z, total);
            total = fmaf(weight.w * (x.w - c.w), x.w - c.w, total);
        }
    } else {
        for (int f = threadIdx.x % WARP; f < F; f += WARP) {
            const float away = float(row[f]) - centre[f];
            total = fmaf(weights[f] * away, away, total);
        }
    }
    return warp_sum(total);
}

template <typename T>
__device__ inline void label(const T* data, const float* products, const float* centres, const float* weights,
                             const float* shifts, const long long* rows, int n, int F, int K, bool is_aligned,
                             Chance chance, int* labels, float* distances) {
    const long long b = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
    if (b >= n) return;
    const unsigned row = chance.temperature > 0.0f ? unsigned(rows[b]) : 0;
    const int k = cheapest(products + b * K, shifts, K, row, chance);
    const float found = distance(data + b * F, centres + (long long)k * F, weights, F, is_aligned);
    if (threadIdx.x % WARP == 0) labels[b] = k, distances[b] = found;
}

extern "C" __global__ void __launch_bounds__(THREADS)
    label_bytes(const unsigned char* __restrict__ data, const float* __restrict__ products,
                const float* __restrict__ centres, const float* __restrict__ weights, const float* __restrict__ shifts,
                const long long* __restrict__ rows, int n, int F, int K, int is_aligned, float temperature,
                unsigned int step, unsigned int k0, unsigned int k1, int* __restrict__ labels,
                float* __restrict__ distances) {
    const Chance chance = {temperature, step, k0, k1};
    label(data, products, centres, weights, shifts, rows, n, F, K, is_aligned, chance, labels, distances);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    label_floats(const float* __restrict__ data, const float* __restrict__ products,
                 const float* __restrict__ centres, const float* __restrict__ weights, const float* __restrict__ shifts,
                 const long long* __restrict__ rows, int n, int F, int K, int is_aligned, float temperature,
                 unsigned int step, unsigned int k0, unsigned int k1, int* __restrict__ labels,
                 float* __restrict__ distances) {
    const Chance chance = {temperature, step, k0, k1};
    label(data, products, centres, weights, shifts, rows, n, F, K, is_aligned, chance, labels, distances);
}

// CSR rows: distance = centre's length + sum over the entries x of weight x (x - 2 centre); it cannot be below 0.
extern "C" __global__ void __launch_bounds__(THREADS)
    label_sparse(const long long* __restrict__ indptr, const int* __restrict__ indices,
                 const float* __restrict__ values, const float* __restrict__ products,
                 const float* __restrict__ centres, const float* __restrict__ weights, const float* __restrict__ shifts,
                 const float* __restrict__ lengths, const long long* __restrict__ rows, int n, int F, int K,
                 float temperature, unsigned int step, unsigned int k0, unsigned int k1, int* __restrict__ labels,
                 float* __restrict__ distances) {
    const long long b = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
    if (b >= n) return;
    const int lane = threadIdx.x % WARP;
    const unsigned row = temperature > 0.0f ? unsigned(rows[b]) : 0;
    const int k = cheapest(products + b * K, shifts, K, row, {temperature, step, k0, k1});
    const float* centre = centres + (long long)k * F;
    float total = 0.0f;
    for (long long i = indptr[b] + lane; i < indptr[b + 1]; i += WARP) {
        const int f = indices[i];
        total = fmaf(weights[f] * values[i], values[i] - 2.0f * centre[f], total);
    }
    total = warp_sum(total);
    if (lane == 0) labels[b] = k, distances[b] = fmaxf(total + lengths[k], 0.0f);
}

// ---- sums of the rows of each cluster, in order: block (k, tile, segment) looks through a segment's labels

// Lists, in order, which of LISTED labels from `first` on are `k`; returns how many. All threads of the block call it.
__device__ inline int list_rows(const int* labels, long long first, long long last, int k, int* listed, int* counts) {
    const int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    unsigned found[LISTED / THREADS];
    int n = 0;
#pragma unroll
    for (int i = 0; i < LISTED / THREADS; ++i) {
        const long long b = first + warp * (LISTED / WARPS) + i * WARP + lane;
        found[i] = __ballot_sync(0xffffffffu, b < last && labels[b] == k);
        n += __popc(found[i]);
    }
    __syncthreads();  // the list before has been used
    if (lane == 0) counts[warp] = n;
    __syncthreads();
    int at = 0, total = 0;
    for (int i = 0; i < WARPS; ++i) {
        at += i < warp ? counts[i] : 0;
        total += counts[i];
    }
#pragma unroll
    for (int i = 0; i < LISTED / THREADS; ++i) {
        const int before = __popc(found[i] & ((1u << lane) - 1u));
        if (found[i] >> lane & 1u) listed[at + before] = warp * (LISTED / WARPS) + i * WARP + lane;
        at += __popc(found[i]);
    }
    __syncthreads();
    return total;
}

// Adds the listed rows' features of this thread: four neighbours, or four that lie THREADS apart.
template <typename T>
__device__ inline float4 add_rows(float4 sum, const T* data, const int* listed, int n, int F, bool is_aligned) {
    const int tile = blockIdx.y * 4 * THREADS, f = tile + threadIdx.x * (is_aligned ? 4 : 1);
    if (is_aligned && f < F) {
#pragma unroll 8
        for (int i = 0; i < n; ++i) {
            const float4 x = four(data + (long long)listed[i] * F + f);
            sum.x += x.x, sum.y += x.y, sum.z += x.z, sum.w += x.w;
        }
    } else if (!is_aligned) {
#pragma unroll 4
        for (int i = 0; i < n; ++i) {
            const T* row = data + (long long)listed[i] * F;
            sum.x += f < F ? float(row[f]) : 0.0f;
            sum.y += f + THREADS < F ? float(row[f + THREADS]) : 0.0f;
            sum.z += f + 2 * THREADS < F ? float(row[f + 2 * THREADS]) : 0.0f;
            sum.w += f + 3 * THREADS < F ? float(row[f + 3 * THREADS]) : 0.0f;
        }
    }
    return sum;
}

template <typename T>
__device__ inline void sum_rows(const T* data, const int* labels, long long n, long long n_each, int F, int K,
                                bool is_aligned, int* listed, int* counts, float* sums, int* sizes) {
    const long long first = blockIdx.z * n_each, last = first + n_each < n ? first + n_each : n;
    float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
    int size = 0;
    for (long long b = first; b < last; b += LISTED) {
        const int n_found = list_rows(labels, b, last, blockIdx.x, listed, counts);
        sum = add_rows(sum, data + b * F, listed, n_found, F, is_aligned);
        size += n_found;
    }
    const long long place = (long long)blockIdx.z * K + blockIdx.x;
    const int step = is_aligned ? 1 : THREADS, f = blockIdx.y * 4 * THREADS + threadIdx.x * (is_aligned ? 4 : 1);
    if (f < F) sums[place * F + f] = sum.x;
    if (f + step < F) sums[place * F + f + step] = sum.y;
    if (f + 2 * step < F) sums[place * F + f + 2 * step] = sum.z;
    if (f + 3 * step < F) sums[place * F + f + 3 * step] = sum.w;
    if (threadIdx.x == 0 && blockIdx.y == 0) sizes[place] = size;
}

extern "C" __global__ void __launch_bounds__(THREADS)
    sum_bytes(const unsigned char* __restrict__ data, const int* __restrict__ labels, long long n, long long n_each,
              int F, int K, int is_aligned, float* __restrict__ sums, int* __restrict__ sizes) {
    __shared__ int listed[LISTED], counts[WARPS];
    sum_rows(data, labels, n, n_each, F, K, is_aligned, listed, counts, sums, sizes);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    sum_floats(const float* __restrict__ data, const int* __restrict__ labels, long long n, long long n_each, int F,
               int K, int is_aligned, float* __restrict__ sums, int* __restrict__ sizes) {
    __shared__ int listed[LISTED], counts[WARPS];
    sum_rows(data, labels, n, n_each, F, K, is_aligned, listed, counts, sums, sizes);
}

// CSR rows, of which none has a column twice: one row after the other into the block's own sums, a thread an entry.
extern "C" __global__ void __launch_bounds__(THREADS)
    sum_sparse(const long long* __restrict__ indptr, const int* __restrict__ indices,
               const float* __restrict__ values, const int* __restrict__ labels, long long n, long long n_each, int F,
               int K, float* __restrict__ sums, int* __restrict__ sizes) {
    __shared__ int listed[LISTED], counts[WARPS];
    const long long first = blockIdx.z * n_each, last = first + n_each < n ? first + n_each : n;
    const long long place = (long long)blockIdx.z * K + blockIdx.x;
    int size = 0;
    for (int f = threadIdx.x; f < F; f += THREADS) sums[place * F + f] = 0.0f;
    for (long long b = first; b < last; b += LISTED) {
        const int n_found = list_rows(labels, b, last, blockIdx.x, listed, counts);
        for (int i = 0; i < n_found; ++i) {
            const long long row = b + listed[i];
            for (long long j = indptr[row] + threadIdx.x; j < indptr[row + 1]; j += THREADS)
                sums[place * F + indices[j]] += values[j];
            __syncthreads();
        }
        size += n_found;
    }
    if (threadIdx.x == 0) sizes[place] = size;
}

// Block (k, tile): the segments' sums in order, and the centre a share of the way to the mean; without rows it stays.
extern "C" __global__ void __launch_bounds__(THREADS)
    move_centres(const float* __restrict__ sums, const int* __restrict__ sizes, const float* __restrict__ centres,
                 int n_segments, int F, int K, float rate, float* __restrict__ moved, long long* __restrict__ counts) {
    const long long k = blockIdx.x;
    const int f = blockIdx.y * THREADS + threadIdx.x;
    long long size = 0;
    for (int segment = 0; segment < n_segments; ++segment) size += sizes[(long long)segment * K + k];
    if (f == 0) counts[k] = size;
    if (f >= F) return;
    float sum = 0.0f;
    for (int segment = 0; segment < n_segments; ++segment) sum += sums[((long long)segment * K + k) * F + f];
    const float centre = centres[k * F + f];
    moved[k * F + f] = size > 0 ? centre + rate * (sum * (1.0f / float(size)) - centre) : centre;
}

// One block: the rows of each cluster, and after them the sum of the distances.
extern "C" __global__ void __launch_bounds__(THREADS)
    totals(const long long* __restrict__ counts, const float* __restrict__ distances, long long n, int K,
           double* __restrict__ both) {
    __shared__ double parts[THREADS];
    for (int k = threadIdx.x; k < K; k += THREADS) both[k] = double(counts[k]);
    double sum = 0.0;
#pragma unroll 8
    for (long long b = threadIdx.x; b < n; b += THREADS) sum += double(distances[b]);
    parts[threadIdx.x] = sum;
    for (int half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
    }
    if (threadIdx.x == 0) both[K] = parts[0];
}
