// Runs before the first paint, so that a remembered theme does not flash in after the other one.
try {
  const theme = localStorage.getItem('alphapulse.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden: the system's theme stays.
}
