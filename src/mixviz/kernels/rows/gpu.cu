// Copies rows of a CSR matrix, a warp a row: neighbouring threads copy neighbouring entries.

extern "C" __global__ void take_rows(const long long* __restrict__ indptr, const int* __restrict__ indices,
                                     const float* __restrict__ data, const long long* __restrict__ chosen,
                                     const long long* __restrict__ new_indptr, int n_rows, int* __restrict__ new_indices,
                                     float* __restrict__ new_data, int* __restrict__ owners) {
    const int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (row >= n_rows) return;
    const long long from = indptr[chosen[row]], to = new_indptr[row], n = new_indptr[row + 1] - to;
    for (long long i = threadIdx.x % 32; i < n; i += 32) {
        new_indices[to + i] = indices[from + i];
        new_data[to + i] = data[from + i];
        owners[to + i] = row;
    }
}
