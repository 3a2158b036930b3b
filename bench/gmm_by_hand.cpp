// The log posterior of gmm.cad and its gradient, as one would write them for speed by hand: per point, forward over the
// components, then backward, the adjoints added where they belong. Lower triangles are stored column by column, so that
// all inner loops run over neighbouring entries. Built with -O3 -march=native -ffast-math; one thread.

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

double log_wishart(int k, int d, const double* diag, const double* q, const double* l, double gamma, int m) {
    const int t = d * (d - 1) / 2;
    const double dof = d + m + 1, pi = 3.14159265358979323846;
    double multigamma = 0.25 * d * (d - 1) * std::log(pi), frobenius = 0, sum_q = 0;
    for (int j = 0; j < d; j++) multigamma += std::lgamma(0.5 * dof - 0.5 * j);
    for (int i = 0; i < k * d; i++) frobenius += diag[i] * diag[i], sum_q += q[i];
    for (int i = 0; i < k * t; i++) frobenius += l[i] * l[i];
    return k * (d * dof * std::log(gamma / std::sqrt(2.0)) - multigamma) - 0.5 * gamma * gamma * frobenius + m * sum_q;
}

double logsumexp(int n, const double* x) {
    const double top = *std::max_element(x, x + n);
    double s = 0;
    for (int i = 0; i < n; i++) s += std::exp(x[i] - top);
    return top + std::log(s);
}

// row = Q y, for one component; the sum of its squares.
double whiten(int d, const double* diag, const double* l, const double* y, double* __restrict row) {
    for (int i = 0; i < d; i++) row[i] = diag[i] * y[i];
    for (int j = 0; j < d; j++) {
        const double yj = y[j];
        for (int i = j + 1; i < d; i++) row[i] += *l++ * yj;
    }
    double s = 0;
    for (int i = 0; i < d; i++) s += row[i] * row[i];
    return s;
}

struct Work {
    std::vector<double> diag, weight, y, row, beta;
    Work(int k, int d) : diag(k * d), weight(k), y(k * d), row(k * d), beta(k) {}
};

void prepare(int k, int d, const double* alpha, const double* q, Work& w) {
    for (int c = 0; c < k; c++) {
        double s = alpha[c];
        for (int i = 0; i < d; i++) w.diag[c * d + i] = std::exp(q[c * d + i]), s += q[c * d + i];
        w.weight[c] = s;
    }
}

double point(int k, int d, const double* mu, const double* l, const double* x, Work& w) {
    const int t = d * (d - 1) / 2;
    for (int c = 0; c < k; c++) {
        double *y = &w.y[c * d], *row = &w.row[c * d];
        for (int i = 0; i < d; i++) y[i] = x[i] - mu[c * d + i];
        w.beta[c] = w.weight[c] - 0.5 * whiten(d, &w.diag[c * d], l + c * t, y, row);
    }
    return logsumexp(k, w.beta.data());
}

// Adds the adjoints of one point: r is the responsibility of the component.
void backward(int d, double r, const double* diag, const double* l, const double* y, const double* row,
              double* __restrict gdiag, double* __restrict gl, double* __restrict gmu) {
    for (int i = 0; i < d; i++) gdiag[i] -= r * row[i] * y[i], gmu[i] += r * diag[i] * row[i];
    for (int j = 0; j < d; j++) {
        const double ry = r * y[j];
        double s = 0;
        for (int i = j + 1; i < d; i++) {
            *gl++ -= ry * row[i];
            s += *l++ * row[i];
        }
        gmu[j] += r * s;
    }
}

double outside(int n, int k, int d, const double* alpha, const double* q, const double* l, double gamma, int m,
               const Work& w) {
    return -n * (0.5 * d * std::log(2 * 3.14159265358979323846) + logsumexp(k, alpha))
           + log_wishart(k, d, w.diag.data(), q, l, gamma, m);
}

}  // namespace

extern "C" double gmm_value(int n, int k, int d, const double* alpha, const double* mu, const double* q,
                            const double* l, const double* x, double gamma, int m) {
    Work w(k, d);
    prepare(k, d, alpha, q, w);
    double value = 0;
    for (int p = 0; p < n; p++) value += point(k, d, mu, l, x + p * d, w);
    return value + outside(n, k, d, alpha, q, l, gamma, m, w);
}

extern "C" double gmm_gradient(int n, int k, int d, const double* alpha, const double* mu, const double* q,
                               const double* l, const double* x, double gamma, int m,
                               double* galpha, double* gmu, double* gq, double* gl) {
    const int t = d * (d - 1) / 2;
    Work w(k, d);
    std::vector<double> gdiag(k * d, 0.0);
    prepare(k, d, alpha, q, w);
    std::fill(galpha, galpha + k, 0.0);
    std::fill(gmu, gmu + k * d, 0.0);
    std::fill(gl, gl + k * t, 0.0);
    double value = 0;
    for (int p = 0; p < n; p++) {
        const double top = point(k, d, mu, l, x + p * d, w);
        value += top;
        for (int c = 0; c < k; c++) {
            const double r = std::exp(w.beta[c] - top);
            galpha[c] += r;
            backward(d, r, &w.diag[c * d], l + c * t, &w.y[c * d], &w.row[c * d], &gdiag[c * d], gl + c * t,
                     gmu + c * d);
        }
    }
    const double top = logsumexp(k, alpha);
    for (int c = 0; c < k; c++) {
        for (int i = c * d; i < (c + 1) * d; i++)
            gq[i] = galpha[c] + m + w.diag[i] * (gdiag[i] - gamma * gamma * w.diag[i]);
        galpha[c] -= n * std::exp(alpha[c] - top);
    }
    for (int i = 0; i < k * t; i++) gl[i] -= gamma * gamma * l[i];
    return value + outside(n, k, d, alpha, q, l, gamma, m, w);
}
